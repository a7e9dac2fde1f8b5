"""QuantConnect's cloud API, version 2: trading projects and their collaborators.

Every endpoint is a POST with a JSON body, reads included; refusals come as HTTP 200 with
`success: false`. See https://www.quantconnect.com/docs/v2/cloud-platform/api-reference.
"""
