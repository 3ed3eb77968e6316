"""How work is done, as versioned data: programmes, gathering, routing and assignment.

Each policy is a document of a fixed form (`contents`). finobs ships one of each (`shipped`); whoever changes one puts a
version in force, and what was done before keeps the version that it was done by (decision 41).
"""
