"""pyinfra deploys: one module per daemon, each install → configure → activate."""
