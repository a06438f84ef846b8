import assert from 'node:assert/strict';
import { describeError, isMillraceError } from '@millrace/core';
import type { AdapterProperty } from '../property.ts';
import { skip } from '../property.ts';

const secret = 'hunter2-0123456789';

/** What goes wrong is told, and no more than may be told. */
export const errorProperties: readonly AdapterProperty[] = [
  {
    id: 'P29',
    name: 'a source that is not there is an error with a code at start',
    async run({ harness, consumer, outlast }) {
      if (harness.missing === undefined) return skip('the harness has no source that is missing');
      const { missing } = harness;
      const refused = consumer({ source: () => missing() });
      const start = refused.consumer.start();
      await assert.rejects(
        outlast('the start to be refused', start),
        (error) => isMillraceError(error) && error.message.length > 0,
      );
      assert.equal(refused.consumer.health().status, 'stopped', 'and all is closed again');
    },
  },
  {
    id: 'P30',
    name: 'secrets of the configuration, and those in errors, reach neither log lines nor dead letters nor errors',
    async run({
      harness,
      publish,
      consume,
      until,
      untilHandled,
      untilSettled,
      fault,
      log,
      history,
      sourceName,
      consumer,
    }) {
      const secrets = [secret, ...(harness.secrets ?? [])];
      const running = await consume({
        retry: { attempts: 2, delay: 10 },
        handle({ event }) {
          if (event !== 'leaky') return;
          throw new Error(`POST https://user:${secret}@example.org failed`, {
            cause: new Error(`{"password":"${secret}"} authorization: Bearer ${secret}`),
          });
        },
      });
      await publish(['leaky', 'fine']);
      await untilHandled(running, ['fine']);
      await until('the dead letter', () => history.entries.some(({ kind }) => kind === 'parked'));
      await untilSettled();
      const seen: string[] = [];
      if (harness.faults?.drop) {
        fault('the connection is dropped');
        harness.faults.drop(new Error(`connect ECONNREFUSED amqp://user:${secret}@broker:5672`));
        await until(
          'the source to say that it is down',
          () => running.consumer.health().status === 'degraded',
        );
        seen.push(JSON.stringify(running.consumer.health()));
        await until(
          'the source to recover',
          () => running.consumer.health().sources[sourceName]?.status === 'ready',
        );
      }
      if (harness.missing) {
        const { missing } = harness;
        const refused = consumer({ source: () => missing() });
        const error: unknown = await refused.consumer.start().catch((thrown: unknown) => thrown);
        seen.push(JSON.stringify(describeError(error)), String(error));
      }
      const { letters } = await running.consumer.deadLetters.list();
      assert.equal(letters.length, 1, 'the event is parked');
      seen.push(...letters.map(({ error }) => JSON.stringify(error)), ...log.lines);
      for (const text of seen) {
        for (const it of secrets) {
          if (text.includes(it))
            history.add({
              kind: 'leaked',
              what: `a secret, in: ${text.replaceAll(it, '***').slice(0, 200)}`,
            });
        }
      }
    },
  },
];
