"""Reading, as one request sees it: what is in memory, what is under way, and what has to be asked for.

Start at `directory`. `request_reads` reads each thing once, `snapshots` keeps what platforms said, `flights`
are the reads that several wait for.
"""
