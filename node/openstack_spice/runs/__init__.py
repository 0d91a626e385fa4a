"""Runs: one way through the program for each verb."""
