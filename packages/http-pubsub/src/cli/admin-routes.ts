import type { Broadcaster } from '../broadcaster/broadcaster.ts';
import type { Route } from '../listener/route.ts';
import { prometheusText } from './prometheus.ts';

/** What those ask who watch a broadcaster. It tells of no topic, URL or secret. */
export function adminRoutes(broadcaster: Broadcaster): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/health',
      async handle() {
        const health = await broadcaster.health();
        return {
          status: health.status === 'ok' ? 200 : 503,
          headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
          body: `${JSON.stringify(health)}\n`,
        };
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      async handle() {
        return {
          status: 200,
          headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
          body: prometheusText(await broadcaster.metrics()),
        };
      },
    },
  ];
}
