"""Invitations 问卷邀请: who is asked to answer which survey, when, and who does not want to be."""
