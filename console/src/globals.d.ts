// The shared tokens are found by an alias; see vite.config.ts.
declare module "@tokens";
