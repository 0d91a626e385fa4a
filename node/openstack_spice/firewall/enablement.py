"""Which units a boot starts."""

from ..services.units import Units

# By systemctl(1): those for which `is-enabled` succeeds.
_ENABLED = ("enabled", "enabled-runtime", "static", "alias", "indirect", "generated")


def is_enabled(units: Units, unit: str) -> bool:
    """Whether the unit is enabled. Raises CannotTell."""
    return units.state(unit).split(" ")[0] in _ENABLED
