"""The git repository of a province: which commit, and the data of one."""
