"""The web console for those who run footnote: `app` builds it, `screens` says how to add to it."""
