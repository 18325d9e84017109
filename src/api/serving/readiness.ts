/** Probes one part: undefined if it works, or in a word what is wrong. A part that rejects is unavailable. */
export type Probe = () => Promise<string | void>;

export type Readiness =
  | { status: 'starting' | 'draining' }
  | { status: 'ready' | 'not ready'; parts: Readonly<Record<string, string>> };

export interface ReadinessOptions {
  /** How long a part may take to answer. */
  deadlineMs?: number;
  /** How long an answer is reused, so that many callers cost one probe. */
  keepMs?: number;
  /** Called whenever the answer changes, with the errors behind it. */
  onChange?: (readiness: Readiness, errors: Readonly<Record<string, unknown>>) => void;
}

export type ReadinessGauge = ReturnType<typeof createReadiness>;

interface Asked {
  since: number;
  open: boolean;
  answer: Promise<string>;
}

interface Part {
  name: string;
  probe: Probe;
  last?: Asked;
  error?: unknown;
}

const NO_ANSWER = 'no answer';
// A probe that never ends must not block later ones.
const GIVEN_UP_AFTER = 5;

/** Reports whether this process can do its work, within a deadline and with one probe of each part at a time. */
export function createReadiness({ deadlineMs = 2_000, keepMs = 500, onChange = () => {} }: ReadinessOptions = {}) {
  const parts: Part[] = [];
  let phase: 'starting' | 'serving' | 'draining' = 'starting';
  let told = '';

  const tell = (readiness: Readiness): Readiness => {
    const text = JSON.stringify(readiness);
    if (text !== told) onChange(readiness, Object.fromEntries(parts.map(({ name, error }) => [name, error])));
    told = text;
    return readiness;
  };

  return {
    /** Adds a part that is needed. */
    add(name: string, probe: Probe): void {
      parts.push({ name, probe });
    },
    started(): void {
      if (phase === 'starting') phase = 'serving';
    },
    drain(): void {
      phase = 'draining';
    },
    async read(): Promise<Readiness> {
      if (phase !== 'serving') return tell({ status: phase });
      const states = await Promise.all(parts.map(async (part) => [part.name, await stateOf(part)] as const));
      if (phase !== 'serving') return tell({ status: phase });
      const ready = states.every(([, state]) => state === 'ok');
      return tell({ status: ready ? 'ready' : 'not ready', parts: Object.fromEntries(states) });
    },
  };

  async function stateOf(part: Part): Promise<string> {
    const age = part.last === undefined ? Infinity : Date.now() - part.last.since;
    const isUsable = age < keepMs || (part.last?.open === true && age < deadlineMs * GIVEN_UP_AFTER);
    const asked = isUsable && part.last !== undefined ? part.last : ask(part);
    return withinDeadline(asked);
  }

  function ask(part: Part): Asked {
    const asked: Asked = { since: Date.now(), open: true, answer: Promise.resolve('') };
    asked.answer = part
      .probe()
      .then(
        (wrong) => {
          delete part.error;
          return wrong ?? 'ok';
        },
        (error: unknown) => {
          part.error = error;
          return 'away';
        },
      )
      .finally(() => {
        asked.open = false;
      });
    part.last = asked;
    return asked;
  }

  async function withinDeadline({ since, open, answer }: Asked): Promise<string> {
    if (!open) return answer;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(NO_ANSWER), Math.max(0, since + deadlineMs - Date.now()));
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }
}
