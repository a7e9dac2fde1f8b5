import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";

const systemTheme = window.matchMedia("(prefers-color-scheme: dark)");

/** The name at the top right; it also hands a change of the system's theme to the editors. */
export function Title() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();

  useEffect(() => {
    // The style sheet follows the system by itself; the editors ask for it only when a theme is set.
    const follow = () => setTheme(theme);
    systemTheme.addEventListener("change", follow);
    return () => systemTheme.removeEventListener("change", follow);
  }, [theme, setTheme]);

  return <span className="accessgraph-title">Accessgraph</span>;
}
