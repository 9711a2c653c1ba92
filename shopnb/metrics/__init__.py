"""One module a trade question: tables in, small tables out. Ibis until the aggregate is small; no words, no charts."""
