export interface Product {
  readonly sku: string;
  readonly name: string;
  /** Euro cents. */
  readonly price: number;
}

/** What the shop sells. */
export const products: readonly [Product, ...Product[]] = [
  { sku: 'TNT-2P-OLV', name: 'Ridgeline tent, 2 persons, olive', price: 24_900 },
  { sku: 'TNT-4P-SND', name: 'Basecamp tent, 4 persons, sand', price: 41_900 },
  { sku: 'SLB-DWN-L', name: 'Down sleeping bag, long', price: 18_950 },
  { sku: 'SLB-SYN-R', name: 'Synthetic sleeping bag, regular', price: 8_900 },
  { sku: 'MAT-FOAM', name: 'Folding foam mat', price: 2_495 },
  { sku: 'MAT-AIR-W', name: 'Insulated air mat, wide', price: 10_900 },
  { sku: 'STV-GAS-1', name: 'Gas stove, one burner', price: 3_990 },
  { sku: 'STV-ALC', name: 'Alcohol stove, brass', price: 1_850 },
  { sku: 'POT-TI-900', name: 'Titanium pot, 0.9 l', price: 4_490 },
  { sku: 'MUG-ENM-G', name: 'Enamel mug, green', price: 990 },
  { sku: 'BTL-STL-1', name: 'Steel bottle, 1 l', price: 2_690 },
  { sku: 'FLT-HOL', name: 'Hollow fibre water filter', price: 4_250 },
  { sku: 'PCK-28-BLU', name: 'Day pack, 28 l, blue', price: 8_450 },
  { sku: 'PCK-55-GRY', name: 'Trekking pack, 55 l, grey', price: 19_900 },
  { sku: 'JKT-RAIN-M', name: 'Rain jacket, M', price: 14_900 },
  { sku: 'JKT-RAIN-L', name: 'Rain jacket, L', price: 14_900 },
  { sku: 'SCK-MER-42', name: 'Merino socks, 42 to 44', price: 1_690 },
  { sku: 'BTS-HIK-43', name: 'Hiking boots, 43', price: 17_500 },
  { sku: 'LMP-HEAD', name: 'Head lamp, rechargeable', price: 3_995 },
  { sku: 'KNF-FOLD', name: 'Folding knife, olive wood', price: 3_200 },
  { sku: 'RPE-60', name: 'Climbing rope, 9.5 mm, 60 m', price: 16_900 },
  { sku: 'HRN-ALL-M', name: 'Climbing harness, M', price: 5_990 },
  { sku: 'CRB-SCR-3', name: 'Screw-gate carabiners, set of 3', price: 3_290 },
  { sku: 'MAP-ALPS-E', name: 'Hiking map, Eastern Alps', price: 1_290 },
];

export const warehouses = ['graz-1', 'gdansk-2', 'lille-1'] as const;

export const carriers = ['Postbote', 'Northline', 'Kolibri Express', 'Parcel & Sons'] as const;
