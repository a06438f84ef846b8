import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SuiteOptions } from 'vitest';
import { onTestFinished } from 'vitest';
import { skipWithout } from '../../../../scripts/servers/skip-reason.ts';

/** A disk of 8 MiB: SQLite's write-ahead log grows to 4 before it is used again. */
export interface SmallDisk {
  readonly folder: string;
  fill(): void;
  free(): void;
}

/** Options of a suite that mounts one, which takes root on Linux. */
export function needsSmallDisk(): SuiteOptions {
  try {
    unmount(mount());
    return {};
  } catch {
    return skipWithout('A small tmpfs can not be mounted: that takes root on Linux.');
  }
}

/** It is gone after the test. */
export function smallDisk(): SmallDisk {
  const folder = mount();
  onTestFinished(() => unmount(folder));
  const fillers: string[] = [];
  return {
    folder,
    fill() {
      for (let size = 1_024 * 1_024; size >= 1; size = Math.floor(size / 2)) {
        for (;;) {
          const filler = join(folder, `filler-${fillers.length}`);
          fillers.push(filler);
          try {
            writeFileSync(filler, Buffer.alloc(size));
          } catch {
            break;
          }
        }
      }
    },
    free() {
      for (const filler of fillers.splice(0)) rmSync(filler, { force: true });
    },
  };
}

function mount(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'ignore' });
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return folder;
}

function unmount(folder: string): void {
  execFileSync('umount', [folder]);
  rmdirSync(folder);
}
