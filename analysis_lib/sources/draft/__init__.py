"""Drafts a source of the user's own: looks at files, writes source.yml and staging SQL."""
