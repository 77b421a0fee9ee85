"""What programs of steps have in common: names, comments, and each step's source."""
