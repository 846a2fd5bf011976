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
    // Every page is a document: a link to another page loads it, and the way back within a page loads nothing.
    let isLoaded = false;
    router.onBeforeRouteChange = (to) => {
      if (isLoaded) location.assign(to);
      return !isLoaded;
    };
    router.onBeforePageLoad = () => {
      const isName = document.body.classList.contains("name-page");
      if (isName && !isLoaded) openName(router.route);
      return !isName && !isLoaded;
    };
    router.onAfterRouteChange = () => {
      isLoaded = true;
    };
  },
};

/** The page of a name has its text outside of what the program draws, and so no script of its own. */
function openName(route) {
  const path = location.pathname.split("/").slice(-3).join("/");
  route.path = location.pathname;
  route.data = {
    ...route.data,
    relativePath: path.replace(/(\.html)?$/, ".md"),
    frontmatter: { pageClass: "api" },
    isNotFound: false,
    ...{ title: document.title, titleTemplate: false },
  };
}
