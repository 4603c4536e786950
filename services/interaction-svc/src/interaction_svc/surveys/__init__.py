"""Surveys 满意度问卷: questionnaires, and their versions as they are written and published."""
