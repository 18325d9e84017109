// Everything here is an extra: without it, pages can be read and forms sent.
const MIN_PAUSE_MS = 2_000;
let changedAt = Date.now();
let pending;
let isConnected = false;

function localTimes() {
  for (const time of document.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    const isToday = at.toDateString() === new Date().toDateString();
    const day = isToday ? {} : { dateStyle: 'medium' };
    time.textContent = at.toLocaleString(undefined, { ...day, timeStyle: 'medium' });
  }
}

function isInUse() {
  const active = document.activeElement;
  return (
    document.querySelector('dialog:popover-open') !== null || active?.matches('main input, main select, main button')
  );
}

async function refresh() {
  pending = undefined;
  if (isInUse()) return later(MIN_PAUSE_MS);
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
    if (answer.redirected) return location.reload();
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const [old, fresh] = [document.querySelector('main'), next.querySelector('main')];
    if (old === null || fresh === null || isInUse()) return;
    old.replaceWith(fresh);
    changedAt = Date.now();
    localTimes();
    showAge();
  } catch {
    // The next event tries again; the age says how old this is.
  }
}

function later(ms) {
  pending ??= setTimeout(() => void refresh(), ms);
}

function showAge() {
  const shown = document.querySelector('#live');
  if (shown === null) return;
  const seconds = Math.round((Date.now() - changedAt) / 1_000);
  shown.textContent = isConnected ? 'live' : `disconnected, data is ${seconds} s old`;
  shown.className = isConnected ? 'on' : 'off';
}

const { live } = document.body.dataset;
if (live !== undefined) {
  const stream = new EventSource(live);
  stream.addEventListener('open', () => ((isConnected = true), showAge()));
  stream.addEventListener('error', () => ((isConnected = false), showAge()));
  stream.addEventListener('changed', () => later(Math.max(50, changedAt + MIN_PAUSE_MS - Date.now())));
  stream.addEventListener('done', () => stream.close());
  setInterval(showAge, 5_000);
}

let isGoing = false;
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, textarea, select')) return;
  const link = isGoing ? document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`) : null;
  isGoing = event.key === 'g' && !isGoing;
  if (link !== null) location.assign(link.href);
  if (event.key === '/') {
    event.preventDefault();
    document.querySelector('#q')?.focus();
  }
  if (event.key === '?') location.assign('/console/system#keys');
});

localTimes();
