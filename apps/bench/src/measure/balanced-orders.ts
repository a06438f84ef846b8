/**
 * Orders of so many contenders in which each stands at each place, and after each other one, equally often: what one
 * leaves behind (heap, caches, a warm server) meets all the others alike. For two: A-B, B-A. E. J. Williams,
 * "Experimental designs balanced for the estimation of residual effects of treatments", 1949.
 */
export function balancedOrders(count: number): readonly (readonly number[])[] {
  const first = Array.from({ length: count }, (_, place) =>
    place % 2 === 1 ? (place + 1) / 2 : (count - place / 2) % count,
  );
  const shifted = first.map((_, shift) => first.map((contender) => (contender + shift) % count));
  return count % 2 === 0 ? shifted : [...shifted, ...shifted.map((order) => order.toReversed())];
}
