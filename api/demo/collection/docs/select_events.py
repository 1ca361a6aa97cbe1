"""Event selection of the demo analysis J/psi -> gamma eta."""

PHOTON_ENERGY_BARREL = 0.025  # GeV
PHOTON_ENERGY_ENDCAP = 0.050  # GeV


def good_photon(energy: float, cos_theta: float) -> bool:
    """A shower counts as a photon above 25 MeV in the barrel and 50 MeV in the end caps."""
    if abs(cos_theta) < 0.80:
        return energy > PHOTON_ENERGY_BARREL
    return 0.86 < abs(cos_theta) < 0.92 and energy > PHOTON_ENERGY_ENDCAP


def good_track(dr: float, dz: float, cos_theta: float) -> bool:
    """A charged track comes within 1 cm of the beam in the plane and 10 cm along it."""
    return dr < 1.0 and abs(dz) < 10.0 and abs(cos_theta) < 0.93
