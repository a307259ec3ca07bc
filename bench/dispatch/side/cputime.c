/* Every clock of a program shows the processor time it has used, so that other work on the machine does not count:
 * a limit of ten seconds is ten seconds of a core, for each side alike. Loaded with LD_PRELOAD by measure.py. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int used(struct timespec *now) {
  return (int)syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, now);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  if (clock == CLOCK_THREAD_CPUTIME_ID)
    return (int)syscall(SYS_clock_gettime, clock, now);
  int failed = used(now);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
    now->tv_sec += 1700000000; /* a date programs believe */
  return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec at;
  int failed = clock_gettime(CLOCK_REALTIME, &at);
  (void)zone;
  now->tv_sec = at.tv_sec;
  now->tv_usec = at.tv_nsec / 1000;
  return failed;
}

time_t time(time_t *now) {
  struct timespec at;
  clock_gettime(CLOCK_REALTIME, &at);
  if (now)
    *now = at.tv_sec;
  return at.tv_sec;
}
