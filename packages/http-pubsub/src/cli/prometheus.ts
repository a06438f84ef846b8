import type { BroadcasterMetrics } from '../broadcaster/broadcaster.ts';
import type { Counter } from '../broadcaster/metrics.ts';

const counters: Readonly<Record<Counter, string>> = {
  published: 'Messages that were published and answered for.',
  notPublished: 'Messages that could not be kept or told to anybody.',
  sent: 'Times that a message was posted to a subscriber.',
  confirmed: 'Of these, confirmed.',
  failed: 'Of these, failed.',
  local: 'Messages handed to subscribers inside of the process.',
  postponed: 'Deliveries that were put aside to be tried again.',
  givenUp: 'Deliveries that were given up.',
  hintsConfirmed: 'Hints that something was missed, confirmed.',
  hintsGivenUp: 'Hints that something was missed, given up.',
  refused: 'Requests that were refused for want of authorization or permission.',
};

/** Of what is now. */
const gauges = {
  publishing: 'Messages that are being published.',
  sending: 'Requests to subscribers that are under way.',
  waiting: 'Attempts that wait for a slot.',
  redelivering: 'Deliveries that are being tried again.',
  spooled: 'Bytes of messages in files.',
};

const stored = {
  deliveries: 'Deliveries that wait in the store.',
  hints: 'Hints that wait in the store.',
  deadLetters: 'Dead letters in the store.',
  bytes: 'Bytes of bodies in the store.',
};

/** The text format of Prometheus, version 0.0.4. What the store can't tell now is left out, and `…_store_up` is 0. */
export function prometheusText({ counts, now, stored: kept }: BroadcasterMetrics): string {
  const lines: string[] = [];
  const add = (type: string, name: string, help: string, values: Readonly<Record<string, number>>) => {
    const full = `millrace_pubsub_${snake(name)}`;
    lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`);
    for (const [labels, value] of Object.entries(values)) lines.push(`${full}${labels} ${value}`);
  };
  for (const [name, help] of namesOf(counters)) add('counter', `${name}_total`, help, { '': counts[name] });
  for (const [name, help] of namesOf(gauges)) add('gauge', name, help, { '': now[name] });
  add('gauge', 'store_up', 'Whether the store can be asked.', { '': kept ? 1 : 0 });
  if (kept) {
    for (const [name, help] of namesOf(stored)) add('gauge', `stored_${name}`, help, { '': kept[name] });
    const { exact, globs } = kept.subscriptions;
    add('gauge', 'subscriptions', 'Subscriptions of all URLs.', {
      '{kind="exact"}': exact,
      '{kind="glob"}': globs,
    });
  }
  return `${lines.join('\n')}\n`;
}

function namesOf<Name extends string>(helps: Readonly<Record<Name, string>>) {
  return (Object.keys(helps) as Name[]).map((name) => [name, helps[name]] as const);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
