"""From records to tables and pictures: what :mod:`report`, :mod:`ablation` and the other scripts print.

``results`` puts records in order, ``standing`` compares systems, ``resources`` adds up what they took,
``comparability`` says what can be compared with what, ``pictures`` draws, and ``contents`` makes a report of it:
``blocks`` that are written as Markdown or as one HTML page. Everything here reads records and nothing else, and gives
the same bytes for the same records.
"""
