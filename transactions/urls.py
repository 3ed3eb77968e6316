from django.urls import URLPattern, URLResolver

app_name = "transactions"
urlpatterns: list[URLPattern | URLResolver] = []
