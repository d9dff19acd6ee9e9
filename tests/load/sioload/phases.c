/* sioload: the phases, in turn, and their statistics as JSON on stdout. */
#include "sioload.h"

static int cmpf(const void *a, const void *b) {
  float x = *(float *)a, y = *(float *)b;
  return x < y ? -1 : x > y;
}

static double pct(float *a, int n, double p) {
  if (!n) return NAN;
  int i = (int)(p * (n - 1) + 0.5);
  return a[i];
}

static void stat_ms(const char *name, float *a, int n) {
  qsort(a, n, sizeof *a, cmpf);
  if (!n) {
    printf("\"%s\":null", name);
    return;
  }
  printf("\"%s\":{\"n\":%d,\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"min\":%.3f}", name, n,
         pct(a, n, .5) * 1e3, pct(a, n, .95) * 1e3, pct(a, n, .99) * 1e3, a[n - 1] * 1e3, a[0] * 1e3);
}

static void groups(const char *pfx, int g0, double cpu, double ccpu) {
  long tot = 0;
  for (int i = g0; i < ng; i++) tot += G[i].n;
  float *all = malloc((tot + 1) * sizeof(float)), *last = malloc((ng - g0 + 1) * sizeof(float));
  long k = 0;
  int m = 0, full = 0;
  for (int i = g0; i < ng; i++) {
    memcpy(all + k, G[i].lat, G[i].n * sizeof(float));
    k += G[i].n;
    last[m++] = (float)G[i].last;
    if (G[i].n >= ready) full++;
  }
  printf("\"%s\":{\"broadcasts\":%d,\"complete\":%d,\"delivered\":%ld,\"server_cpu_us_per_delivery\":%.3f,\"client_cpu_"
         "us_per_delivery\":%.3f,",
         pfx, m, full, tot, tot ? cpu / tot * 1e6 : 0, tot ? ccpu / tot * 1e6 : 0);
  stat_ms("all_ms", all, tot);
  printf(",");
  stat_ms("last_client_ms", last, m);
  printf("}");
  free(all);
  free(last);
}

static int cmd_id = 0;

static void command(const char *ev, const char *data, int n) {
  char b[8192], d[4096];
  int k = 0;
  for (const char *p = data; *p && k < 4000; p++) {
    if (p[0] == '%' && p[1] == 'N') {
      k += sprintf(d + k, "%d", n);
      p++;
    } else if (p[0] == '%' && p[1] == 'T') {
      k += sprintf(d + k, "%.0f", now() * 1e9);
      p++;
    } else
      d[k++] = *p;
  }
  d[k] = 0;
  int m = snprintf(b, sizeof b, "42%s%d[\"%s\"%s%s]", nspfx, ++cmd_id, ev, k ? "," : "", d);
  ack_seen = -1;
  ws_send(&C[0], 1, b, m);
}

static double storm(void) {
  double t0 = now();
  int next = 0;
  started = failed = 0;
  double end = t0 + ctimeout;
  nconnlat = 0;
  while ((ready + failed < N) && now() < end) {
    while (next < N && opening < inflight && (rate <= 0 || next < (now() - t0) * rate + 1)) start_conn(next++);
    pump(now() + 0.01);
  }
  return now() - t0;
}

static double wall_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/* everybody is connected; wait until the server is gone and everybody is back and in sync, each after 0.5-8 s */
static void restarted(void) {
  long gone = ndisc;
  int was = ready, tries = 0;
  double end = now() + 180;
  nfetch = 0;
  fprintf(stderr, "holding\n");
  while (now() < end && !(ndisc - gone >= was && ready == N)) {
    pump(now() + 0.005);
    double t = now();
    for (int i = 0; i < N; i++) {
      if (C[i].st == S_DEAD) {
        C[i].st = S_IDLE;
        C[i].at = t + 0.5 + 7.5 * (rand() / (double)RAND_MAX);
      } else if (C[i].st == S_IDLE && t >= C[i].at) {
        nconnlat = 0;
        start_conn(i);
        tries++;
      }
    }
  }
  printf(",\"restart\":{\"back\":%d,\"last_ready_wall\":%.3f,\"tries\":%d,\"fetches\":%d}", ready,
         wall_now() - (now() - last_ready), tries, nfetch);
}

static void holding(void) {
  int g0 = ng;
  double c0 = srvcpu();
  double s0 = selfcpu();
  double e = now() + hold;
  while (now() < e) pump(e);
  double cc = srvcpu() - c0;
  printf(",\"idle_or_hold_cpu_share\":%.5f,", cc / hold);
  groups("hold", g0, cc, selfcpu() - s0);
}

static void singles(void) {
  int g0 = ng;
  double c0 = srvcpu();
  double s0 = selfcpu();
  float *tall = malloc(nb * 4);
  int nt = 0;
  for (int i = 0; i < nb; i++) {
    double t = now();
    long want = nevents + ready;
    command(bevent, bdata, 1);
    double e = t + interval;
    int done = 0;
    while (now() < e || (nevents < want && now() < t + 20)) {
      pump(now() < e ? e : now() + 0.05);
      if (!done && nevents >= want) {
        done = 1;
        tall[nt++] = (float)(now() - t);
      }
    }
  }
  printf(",");
  groups("single", g0, srvcpu() - c0, selfcpu() - s0);
  printf(",");
  stat_ms("command_to_all_ms", tall, nt);
}

static void bursts(void) {
  int g0 = ng;
  float *tb = malloc(nburst * 4);
  int nt = 0;
  double ccpu = 0, scpu = 0;
  for (int i = 0; i < nburst; i++) {
    double c0 = srvcpu();
    double s0 = selfcpu();
    double t = now();
    long want = nevents + (long)ready * burstn;
    command(bevent, bdata, burstn);
    while (nevents < want && now() < t + burst_wait) pump(now() + 0.05);
    if (nevents >= want) tb[nt++] = (float)(now() - t);
    ccpu += srvcpu() - c0;
    scpu += selfcpu() - s0;
    double e = now() + 0.3;
    while (now() < e) pump(e);
  }
  printf(",");
  groups("burst", g0, ccpu, scpu);
  float *t2 = malloc(nt * 4 + 4);
  for (int i = 0; i < nt; i++) t2[i] = (float)((double)ready * burstn / tb[i] / 1e3);
  qsort(t2, nt, 4, cmpf);
  printf(",\"burst_deliveries_per_s_median\":%.0f,", nt ? t2[nt / 2] * 1e3 : 0);
  stat_ms("burst_seconds_x1000", tb, nt);
}

static void acks(void) {
  float *ta = malloc(nack * 4);
  int nt = 0;
  double c0 = srvcpu();
  double s0 = selfcpu();
  for (int i = 0; i < nack; i++) {
    double t = now();
    command(aevent, adata, i);
    int id = cmd_id;
    while (ack_seen != id && now() < t + 5) pump(now() + 0.05);
    if (ack_seen == id) ta[nt++] = (float)(now() - t);
    double e = now() + ackint;
    while (now() < e) pump(e);
  }
  printf(",");
  stat_ms("ack_ms", ta, nt);
  printf(",\"ack_server_cpu_us\":%.1f", (srvcpu() - c0) / nack * 1e6);
}

static void again(void) {
  for (int i = 0; i < N; i++)
    if (C[i].st != S_DEAD) {
      close(C[i].fd);
      C[i].st = S_IDLE;
    }
  ready = opening = dead = 0;
  double c0 = srvcpu();
  double t2 = storm();
  printf(",\"reconnect\":{\"seconds\":%.3f,\"conn_per_s\":%.0f,\"failed\":%d,\"server_cpu_us_per_conn\":%.1f}", t2,
         ready / t2, failed, (srvcpu() - c0) / N * 1e6);
}

static void all_groups(void) {
  printf(",\"groups\":[");
  for (int i = 0; i < ng; i++) printf("%s[%.6f,%d,%.6f]", i ? "," : "", G[i].ts, G[i].n, G[i].last);
  printf("]");
}

/* Everything: connect all, settle, then one phase after the other, as asked. The exit code. */
int phases(void) {
  double c0 = srvcpu(), s0 = selfcpu(), r0 = srvrss();
  double ts = storm();
  double c1 = srvcpu(), s1 = selfcpu();
  fprintf(stderr, "connected %d/%d in %.2fs failed %d %s\n", ready, N, ts, failed, lasterr);
  printf("{\"n\":%d,\"ready\":%d,\"failed\":%d,\"deflate\":%d,", N, ready, failed, ready ? C[N - 1].defl : 0);
  printf("\"storm\":{\"seconds\":%.3f,\"conn_per_s\":%.0f,\"server_cpu_us_per_conn\":%.1f,", ts, ready / ts,
         (c1 - c0) / N * 1e6);
  printf("\"client_cpu_us_per_conn\":%.1f,", (s1 - s0) / N * 1e6);
  stat_ms("handshake_ms", connlat, nconnlat);
  printf("}");
  if (!ready || C[0].st != S_READY) {
    printf(",\"error\":\"%s\"}\n", lasterr);
    return 1;
  }
  double e = now() + settle;
  while (now() < e) pump(e);
  printf(",\"rss_mb\":%.1f,\"rss_kb_per_conn\":%.1f", srvrss(), (srvrss() - r0) * 1024 / N);
  if (restart_wait) restarted();
  if (hold > 0) holding();
  if (nb) singles();
  if (nburst) bursts();
  if (nack) acks();
  if (reconn) again();
  if (dump_groups) all_groups();
  printf(",\"fetches\":%d,\"pings\":%ld,\"frames\":%ld,\"disconnects\":%ld,", nfetch, npings, nframes, ndisc);
  printf("\"wire_bytes_in_events\":%ld,\"last_error\":\"%s\"}\n", nbytes, lasterr);
  return 0;
}
