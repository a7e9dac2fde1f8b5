"""Who the people are: the accounts of both platforms that are one person's, and everybody in all projects.

Start at `everybody`; `joining` says which accounts belong together, and by what evidence.
"""
