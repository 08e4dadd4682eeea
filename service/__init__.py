"""The bank-side service: store, API and command line around `models.scoring`."""
