"""`python -m models.features` prints the catalogue as Markdown."""

import sys

from models.features.catalogue import catalogue_markdown

sys.stdout.write(catalogue_markdown())
