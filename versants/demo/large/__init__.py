"""The demonstration world made large: the same partners and logins among many more, written by COPY."""
