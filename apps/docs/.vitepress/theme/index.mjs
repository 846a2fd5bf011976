import { useData } from "vitepress";
import DefaultTheme from "vitepress/theme-without-fonts";
import { h, onMounted, watch } from "vue";
import NameLayout from "./NameLayout.vue";
import RunBox from "./RunBox.vue";
import "./style.css";

export default {
  extends: DefaultTheme,
  Layout: {
    setup() {
      const { frontmatter } = useData();
      // The theme gives the first page no main landmark.
      const mark = () => {
        const role = frontmatter.value.layout === "home" ? "main" : "none";
        document.querySelector("#VPContent")?.setAttribute("role", role);
      };
      onMounted(mark);
      watch(frontmatter, mark, { flush: "post" });
      return () => h(frontmatter.value.pageClass === "api" ? NameLayout : DefaultTheme.Layout);
    },
  },
  enhanceApp({ app, router }) {
    app.component("RunBox", RunBox);
    if (import.meta.env.SSR) return;
    // The page of a name is a document of its own: see NameLayout.vue.
    router.onBeforeRouteChange = (to) => {
      const { pathname } = new URL(to, location.href);
      if (
        pathname === location.pathname ||
        !/\/api\/[^/]+\/[^/]+$/.test(pathname) ||
        /\/index(\.html)?$/.test(pathname)
      )
        return true;
      location.assign(to);
      return false;
    };
  },
};
