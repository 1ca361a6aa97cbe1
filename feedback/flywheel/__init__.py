"""What use leaves behind, as files that models can be trained and measured with."""
