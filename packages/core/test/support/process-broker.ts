import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

import { nodeOptions } from '../stores/support/child.ts';
import type { ToBroker, ToConsumer } from './broker-messages.ts';

/** A queue for consumers in processes of their own: what one of them had when it died is delivered again. */
export interface ProcessBroker {
  readonly done: ReadonlySet<string>;
  /** Of all messages and all processes. */
  readonly deliveries: number;
  readonly settlements: number;
  /** Starts a consumer process of `dispatch/children`. */
  start(program: string, args: readonly string[]): ConsumerProcess;
}

export interface ConsumerProcess {
  /** The program said "halted": it stands still where it was told to. */
  readonly halted: Promise<void>;
  /** Ends it and answers with its exit code or signal; its messages are in the queue again. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | string>;
  readonly running: boolean;
}

export function processBroker(ids: readonly string[]): ProcessBroker {
  const backlog = [...ids];
  const done = new Set<string>();
  const timers = new Set<NodeJS.Timeout>();
  let deliveries = 0;
  let settlements = 0;
  let deliver = () => {};
  onTestFinished(() => timers.forEach(clearTimeout));

  function later(id: string, delay: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      backlog.push(id);
      deliver();
    }, delay);
    timers.add(timer);
  }

  return {
    done,
    get deliveries() {
      return deliveries;
    },
    get settlements() {
      return settlements;
    },
    start(program, args) {
      const file = new URL(`../dispatch/children/${program}.ts`, import.meta.url).pathname;
      const child = fork(file, args, { execArgv: nodeOptions, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
      onTestFinished(() => void child.kill('SIGKILL'));
      const inFlight = new Set<string>();
      let wanted = 0;
      let closed = false;

      deliver = () => {
        if (wanted === 0 || backlog.length === 0 || !child.connected) return;
        const answer: ToConsumer = { ids: backlog.splice(0, wanted) };
        wanted = 0;
        deliveries += answer.ids.length;
        for (const id of answer.ids) inFlight.add(id);
        // One that has just died does not hear it; its end puts the messages back.
        child.send(answer, () => {});
      };
      child.on('message', (message: ToBroker) => {
        if ('want' in message) wanted = message.want;
        else {
          for (const { id, outcome, delay } of message.settled) {
            settlements += 1;
            inFlight.delete(id);
            if (outcome === 'done' || outcome === 'dead') done.add(id);
            else later(id, delay);
          }
        }
        deliver();
      });
      // After the last message, which "exit" may overtake.
      const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
        closed = true;
        backlog.push(...inFlight);
        return (code ?? signal) as number | string;
      });
      return {
        halted: said(child, 'halted'),
        async end(signal) {
          child.kill(signal);
          return await ended;
        },
        get running() {
          return !closed;
        },
      };
    },
  };
}

async function said({ stdout }: ChildProcess, word: string): Promise<void> {
  for await (const chunk of stdout ?? []) if (String(chunk).includes(word)) return;
}
