"""Does the house hold?"""
