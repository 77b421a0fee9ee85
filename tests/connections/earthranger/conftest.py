"""The fixtures of what is read from EarthRanger."""

from earthranger_site import pauses as pauses
