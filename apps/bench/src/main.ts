import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { runBench } from './bench.ts';
import { dispatchSuites } from './dispatch/suites.ts';
import { eventstoreSuites } from './eventstore/suites.ts';
import { httpSuites } from './http/suites.ts';
import { localSuite } from './idempotency/local-suite.ts';
import { redisSuite } from './idempotency/redis-suite.ts';
import { kafkaSuites } from './kafka/suites.ts';
import { readOptions } from './options.ts';
import { toText } from './report/text.ts';
import { salesforceSuites } from './salesforce/suites.ts';
import { sqsRedisSuite } from './sqs/redis-suite.ts';
import { sqsSuite } from './sqs/suite.ts';

try {
  const options = readOptions(process.argv.slice(2));
  const report = await runBench(
    [
      ...dispatchSuites,
      sqsSuite,
      sqsRedisSuite,
      ...salesforceSuites,
      ...eventstoreSuites,
      ...httpSuites,
      ...kafkaSuites,
      localSuite,
      redisSuite,
    ],
    options,
    (text) => process.stderr.write(`${text}\n`),
  );
  if (options.raw !== undefined) {
    mkdirSync(dirname(options.raw), { recursive: true });
    writeFileSync(options.raw, JSON.stringify(report, undefined, 1));
  }
  console.log(toText(report));
  if (options.json) console.log(JSON.stringify(report.results));
  // Nothing of what was asked for can be measured here.
  if (report.results.length === 0) process.exitCode = 1;
} catch (error) {
  console.error(error);
  // Contenders that are still at work would keep the process alive.
  process.exit(1);
}
