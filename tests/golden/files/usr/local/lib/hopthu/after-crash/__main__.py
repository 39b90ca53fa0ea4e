from hopthu.remote.host.after_crash import main

main()
