import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';

/**
 * Builds a folder of the cache when it is not there. Several files may need it at once: each builds its own, and the first
 * one that is complete is taken. Answers the first line of what went wrong.
 */
export async function buildOnce(
  folder: string,
  build: (building: string) => Promise<void>,
): Promise<string | undefined> {
  if (existsSync(folder)) return undefined;
  const building = `${folder}.${process.pid}.${randomUUID()}`;
  try {
    await build(building);
    await rename(building, folder);
    return undefined;
  } catch (error) {
    return existsSync(folder) ? undefined : String(error).split('\n')[0];
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}
