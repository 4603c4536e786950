"""The keys that partners come with: who may have which, how far they reach, and when they end."""
