"""A whole portfolio decided on one day, bucket by bucket: resumable, the same bytes however many processes work.

plan.py       what is decided, from which inputs, in which buckets: a value with a digest
bucket.py     one bucket: paths in, files out, digests back; no state, so any process or machine may do it
isolating.py  a bad enterprise found among good ones
folder.py     the folder of a run: what is done, what is left, what came out
running.py    buckets handed to processes, kills survived, disks that fill up
starting.py   a run from a service: plan, run, ledger
"""
