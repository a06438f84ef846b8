// Runs before the scripts of package.json, on whatever Node there is: plain JavaScript, nothing imported from npm.
import { existsSync, readFileSync } from 'node:fs';

/** The first Node 22 that runs TypeScript files as they are; tsup asks for it too. */
const minimum = { major: 22, minor: 18 };

const root = new URL('../', import.meta.url);
/** @type {{ devDependencies: Record<string, string>, optionalDependencies: Record<string, string> }} */
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const platform = `${process.platform}-${process.arch}`;
const found = `Node ${process.version} on ${platform}`;

const missing = Object.keys(manifest.devDependencies).filter(
  (name) => !existsSync(new URL(`node_modules/${name}/package.json`, root)),
);
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const tooOld = major < minimum.major || (major === minimum.major && minor < minimum.minor);

if (missing.length > 0) {
  stop(
    `The dependencies are not installed: ${missing.slice(0, 4).join(', ')}${missing.length > 4 ? ' and others are' : ' is'} missing.`,
    'The first error above says why: often the npm registry could not be reached.',
    'To see it alone:  npx -y pnpm@12 install',
    `(${found})`,
  );
} else if (tooOld) {
  const names = Object.keys(manifest.optionalDependencies);
  const pinned = names.map((name) => name.replace(/^node-(bin-)?/, ''));
  const installed = pinned.includes(platform)
    ? `The repository brings a newer one for ${platform}, but it is not there. Try:  npx -y pnpm@12 install --force`
    : `The repository brings one for ${pinned.join(', ')}, and none for ${platform}: install a newer Node yourself.`;
  stop(`This needs Node ${minimum.major}.${minimum.minor} or newer, and runs on ${found}.`, installed);
}

/** @param {string[]} lines */
function stop(...lines) {
  console.error(`\n${lines.join('\n  ')}\n`);
  process.exit(1);
}
