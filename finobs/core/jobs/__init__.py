"""Work that must not be lost: a row first, worked by whichever process claims it.

A kind of job is a model that inherits `models.LeasedJob` and a `kinds.JobKind` that says how it is worked and what is
recorded of it, registered in `AppConfig.ready()`. The rest is here: `lease` (claim, heartbeat, finish, fail), `worker`
(one job from its claim to its end), `wake` (what the schedule does about lost workers), `services` (what people do:
cancel, retry), and pages, API and administration over these.

    queued --claim--> running --finish--> done
      ^                  |  \\--fail-----> failed
      |<---reschedule----|                  |
      |                  v                  |
      |              cancelled <--cancel--  |  (of what is queued, too)
      \\---------------retry---------------/

`LeasedJob.attempts` is the fencing token. Each claim raises it, nothing ever lowers it, and a worker writes only while
its own is the latest: one that was paused for longer than its lease changes nothing when it wakes up.
"""
