"""What the benchmark scripts share: tables, systems and their environments, one measured run, records, scores.

A benchmark is a list of jobs: one system on one table with one seed and one budget. ``batches`` takes a list through:
it makes the environments (``environments``), skips what the record file has (``records``), measures the machine
(``machine``), and runs one job after another (``running``), each as a process of its own watched from outside
(``watching``). What a system predicted is scored here (``scores``), never by the system.
"""
