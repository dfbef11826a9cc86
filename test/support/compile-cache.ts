/**
 * For a process that is given no other environment: where compiled sources are kept, as `npm test` says. Reading and
 * stripping some 300 files of TypeScript is half of what a short test costs.
 */
export function compileCache(): { readonly NODE_COMPILE_CACHE?: string } {
  const { NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
}
