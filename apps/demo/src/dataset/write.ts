import { writeFileSync } from 'node:fs';
import { datasetFiles } from './files.ts';
import { generateDataset, toJsonLines } from './generate.ts';

const { events, mishaps, crm, parcels, pushes } = generateDataset();
writeFileSync(datasetFiles.events, toJsonLines(events));
writeFileSync(datasetFiles.mishaps, toJsonLines(mishaps));
writeFileSync(datasetFiles.crm, toJsonLines(crm));
writeFileSync(datasetFiles.parcels, toJsonLines(parcels));
writeFileSync(datasetFiles.pushes, toJsonLines(pushes));
console.log(
  `Wrote ${events.length} events of the shop, ${mishaps.length} mishaps, ${crm.length} events of the CRM, ${parcels.length} of parcels and ${pushes.length} that are pushed.`,
);
