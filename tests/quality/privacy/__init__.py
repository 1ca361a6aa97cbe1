"""Letters, chats and secrets of our own making, with what must not be left of them."""
