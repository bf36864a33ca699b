import type { Plugin } from "vite";
import { routes } from "../src/routes.ts";

/** What is used of a chunk; the bundler's own type has much more. */
interface Chunk {
  type: string;
  fileName: string;
  facadeModuleId?: string | null;
  isEntry?: boolean;
  imports?: string[];
  viteMetadata?: { importedCss?: Set<string> };
}

/**
 * Writes `routes.json`: each address pattern with the files its screen needs beyond those index.html names.
 * The server turns them into `modulepreload` and `stylesheet` links, so that a screen costs one round trip.
 */
export function routeFiles(): Plugin {
  return {
    name: "copydesk-route-files",
    apply: "build",
    enforce: "post",
    generateBundle(_options, bundle) {
      const chunks = new Map(Object.values(bundle as Record<string, Chunk>).map((chunk) => [chunk.fileName, chunk]));
      const entry = [...chunks.values()].find((chunk) => chunk.isEntry);
      const known = entry ? closure(entry, chunks) : new Set<string>();
      const table: Record<string, string[]> = {};
      for (const { pattern, screen } of routes) {
        const end = `/src/screens/${screen}/Screen.svelte`;
        const chunk = [...chunks.values()].find((one) => one.facadeModuleId?.replaceAll("\\", "/").endsWith(end));
        table[pattern] = chunk ? [...closure(chunk, chunks)].filter((file) => !known.has(file)).sort() : [];
      }
      this.emitFile({ type: "asset", fileName: "routes.json", source: JSON.stringify(table, null, 2) });
    },
  };
}

function closure(from: Chunk, chunks: Map<string, Chunk>): Set<string> {
  const files = new Set<string>();
  const waiting = [from];
  for (let chunk = waiting.pop(); chunk; chunk = waiting.pop()) {
    if (files.has(chunk.fileName)) continue;
    files.add(chunk.fileName);
    for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css);
    for (const name of chunk.imports ?? []) {
      const next = chunks.get(name);
      if (next) waiting.push(next);
    }
  }
  return files;
}
