/** For `node --import`: the wall clock of the process is off by CLOCK_SKEW_MS. */
const skewMs = Number(process.env.CLOCK_SKEW_MS ?? '0');
const RealDate = globalThis.Date;

class SkewedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + skewMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + skewMs;
  }
}

globalThis.Date = SkewedDate;
