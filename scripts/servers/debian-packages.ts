import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Fetches packages of Debian or Ubuntu and the libraries that they ask for, and unpacks them under `folder`.
 * Nothing is installed, nothing outside of the folder is written, and root is not needed.
 */
export async function unpackDebianPackages(
  names: readonly string[],
  folder: string,
  { sources }: { /** Lines of a sources.list, beside the system's. */ readonly sources?: string } = {},
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    const apt = await privateApt(work, sources);
    try {
      await fetchAll(apt, names);
    } catch {
      // A fresh image has no package lists, and old lists name files that the archive no longer has.
      await apt.update();
      await fetchAll(apt, names);
    }
    for (const file of await readdir(work)) {
      if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', join(work, file), join(work, 'root')]);
    }
    await rename(join(work, 'root'), folder).catch((error: unknown) => {
      // Another run was faster.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Apt {
  update(): Promise<void>;
  libraries(name: string): Promise<readonly string[]>;
  download(names: readonly string[]): Promise<void>;
}

async function fetchAll(apt: Apt, names: readonly string[]): Promise<void> {
  const libraries = await Promise.all(names.map((name) => apt.libraries(name)));
  await apt.download([...names, ...new Set(libraries.flat())]);
}

/** apt that writes into `work` only, and runs none of the system's hooks. */
async function privateApt(work: string, sources: string | undefined): Promise<Apt> {
  const lists = join(work, 'lists');
  const config = join(work, 'apt.conf');
  const settings = [
    `Dir::Cache "${join(work, 'cache')}";`,
    'APT::Sandbox::User "root";',
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
  ];
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(work, 'cache/archives/partial'), { recursive: true });
  if (sources !== undefined) {
    const own = await readFile('/etc/apt/sources.list', 'utf8').catch(() => '');
    await writeFile(join(work, 'sources.list'), `${own}\n${sources}`);
    settings.push(`Dir::Etc::sourcelist "${join(work, 'sources.list')}";`, `Dir::State::lists "${lists}";`);
  }
  await writeFile(config, settings.join('\n'));
  const options = { cwd: work, env: { ...process.env, LC_ALL: 'C' } };

  return {
    async update() {
      await writeFile(config, [...settings, `Dir::State::lists "${lists}";`].join('\n'));
      await run('apt-get', ['-c', config, 'update'], options);
    },
    async download(names) {
      await run('apt-get', ['-c', config, 'download', ...names], options);
    },
    async libraries(name) {
      const { stdout } = await run('apt-cache', ['-c', config, 'depends', '--important', name], options);
      if (!stdout.startsWith(name)) throw new Error(`apt knows no package ${name}.`);
      const all = [...stdout.matchAll(/^ {2}Depends: (l(?:ib|ua)\S+)$/gm)].map((match) => match[1] ?? '');
      // The C library belongs to the system.
      return all.filter((library) => library !== 'libc6');
    },
  };
}
