"""Testomato's API: monitored web sites and their users. Not Testomat.io, which is another product.

A REST API behind a bearer token that lives for an hour; see https://help.testomato.com/api. It has no
documented call that lists projects and none that changes a user's role.
"""
