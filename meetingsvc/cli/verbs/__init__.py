"""The verbs of the command line, one file each, with HELP, arguments(parser) and run(args).

Not here: choosing one, and what they stand on (cli).
"""
