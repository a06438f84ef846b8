// Adds up the reports of test runs: `node scripts/ci-total.js label=file …`. Plain JavaScript, so that it also works
// when the install failed.
import { existsSync, readFileSync } from 'node:fs';

const total = { passed: 0, failed: 0, skipped: 0 };
for (const argument of process.argv.slice(2)) {
  const [label = '', file = ''] = argument.split('=');
  if (existsSync(file)) {
    /** @type {{ node: string, passed: number, failed: number, skipped: number, failures?: string[] }} */
    const report = JSON.parse(readFileSync(file, 'utf8'));
    console.log(`${label} on Node ${report.node}: ${line(report)}`);
    for (const failure of report.failures ?? []) console.log(`  failed: ${failure}`);
    total.passed += report.passed;
    total.failed += report.failed;
    total.skipped += report.skipped;
  } else {
    console.log(`${label}: left no report, counted as one failed`);
    total.failed += 1;
  }
}
console.log('All of them together:');
console.log(line(total));
process.exitCode = total.failed > 0 ? 1 : 0;

/** @param {{ passed: number, failed: number, skipped: number }} counts */
function line({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
