"""From dated records to an explained credit limit. Read `models.scoring` first: it is the whole road."""

__version__ = "0.1.0"
